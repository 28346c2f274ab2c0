# Completion of chat-server in bash. The options come from its --help.
# Install it as /usr/share/bash-completion/completions/chat-server, or read it with "source".

_chat_server() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
    --data | --control)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    --fsync) mapfile -t COMPREPLY < <(compgen -W "always everysec no" -- "$word") ;;
    --host | --port) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$word") ;;
  esac
}

complete -F _chat_server chat-server
