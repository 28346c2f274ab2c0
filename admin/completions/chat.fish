# Completion of chat in fish: its options are those that its --help names, so this never goes stale.
# It goes to /usr/share/fish/vendor_completions.d/chat.fish, or ~/.config/fish/completions.

function __chat_candidates
    set -l words (commandline -opc)
    switch $words[-1]
        case --host --port --name --room
        case '*'
            $words[1] --help 2>/dev/null | string match --all --regex -- '--[a-z]+' | sort -u
    end
end

complete --command chat --no-files --arguments '(__chat_candidates)'
