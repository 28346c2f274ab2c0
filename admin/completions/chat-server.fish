# Completion of chat-server in fish. The options come from its --help.
# Install it as /usr/share/fish/vendor_completions.d/chat-server.fish, or in ~/.config/fish/completions.

function __chat_server_candidates
    set -l words (commandline -opc)
    switch $words[-1]
        case --data --control
            __fish_complete_path (commandline -ct)
        case --fsync
            printf '%s\n' always everysec no
        case --host --port
        case '*'
            $words[1] --help 2>/dev/null | string match --all --regex -- '--[a-z][a-z-]*' | sort -u
    end
end

complete --command chat-server --no-files --arguments '(__chat_server_candidates)'
