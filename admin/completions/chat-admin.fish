# Completion of chat-admin in fish. The candidates come from chat-admin --complete.
# Install it as /usr/share/fish/vendor_completions.d/chat-admin.fish, or in ~/.config/fish/completions.

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
