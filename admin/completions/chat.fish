# Completion of chat in fish. The options come from its --help.
# Install it as /usr/share/fish/vendor_completions.d/chat.fish, or in ~/.config/fish/completions.

function __chat_candidates
    set -l words (commandline -opc)
    switch $words[-1]
        case --host --port --fingerprint --name --room
        case '*'
            $words[1] --help 2>/dev/null | string match --all --regex -- '--[a-z][a-z-]*' | sort -u
    end
end

complete --command chat --no-files --arguments '(__chat_candidates)'
