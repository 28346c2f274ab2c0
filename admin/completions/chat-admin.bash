# Completion of chat-admin in bash. The candidates come from chat-admin --complete.
# Install it as /usr/share/bash-completion/completions/chat-admin, or read it with "source".

_chat_admin() {
  local word candidate
  local -a words=()
  # bash takes --data=DIR apart at the equals sign, which is one way of writing --data DIR.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != = ]]; then words+=("${word/#\~\//$HOME/}"); fi
  done
  word=${COMP_WORDS[COMP_CWORD]#=}
  COMPREPLY=()
  while IFS= read -r candidate; do
    if [[ $candidate == / ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
    fi
    COMPREPLY+=("$candidate")
  done < <("$1" --complete "${words[@]}" "$word" 2>/dev/null)
}

complete -F _chat_admin chat-admin
