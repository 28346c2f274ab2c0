# Completion of chat in bash. The options come from its --help.
# Install it as /usr/share/bash-completion/completions/chat, or read it with "source".

_chat() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
    --host | --port | --fingerprint | --name | --room) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$word") ;;
  esac
}

complete -F _chat chat
