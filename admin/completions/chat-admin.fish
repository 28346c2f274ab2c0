# Completion of chat-admin in fish: chat-admin itself says what may come next (--complete), so this knows no command.
# It goes to /usr/share/fish/vendor_completions.d/chat-admin.fish, or ~/.config/fish/completions.

function __chat_admin_candidates
    set -l words (commandline -opc) (commandline -ct)
    for candidate in ($words[1] --complete $words[2..] 2>/dev/null)
        if test "$candidate" = /
            set -l stem (string match --regex -- '^--[^=]*=' $words[-1])
            for path in (__fish_complete_path (string replace --regex -- '^--[^=]*=' '' $words[-1]))
                echo $stem$path
            end
        else
            echo $candidate
        end
    end
end

complete --command chat-admin --no-files --arguments '(__chat_admin_candidates)'
