# mcpkey completion for bash. Put this line into ~/.bashrc:
#   source <(mcpkey completion bash)
# Words go to mcpkey as an array and are never evaluated; what comes back is quoted before it is put on the line.
# It needs no bash-completion, and the bash 3.2 of macOS is enough.

_mcpkey() {
  local word line last head='' glue='' files=''
  local -a words=()

  # Bash splits words at "=" and ":"; put them together again.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ ${#words[@]} -gt 0 && ( -n $glue || $word == [=:]* ) ]]; then
      words[${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    glue=''
    [[ $word == *[=:] ]] && glue=1
  done
  [[ $COMP_CWORD -gt 0 && ${#words[@]} -eq 0 ]] && words=('')
  # Quotes that were typed are taken away; nothing is evaluated.
  words=("${words[@]//[\\\'\"]/}")
  last=${words[${#words[@]}-1]}
  [[ $last == *[=:]* ]] && head=${last%"${last##*[=:]}"}

  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
      continue
    fi
    line=${line%%$'\t'*}
    # Bash replaces only what follows the last "=" or ":".
    [[ -n $head && $line == "$head"* ]] && line=${line:${#head}}
    COMPREPLY+=("$(printf '%q' "$line")")
  done < <(command mcpkey __complete -- "${words[@]}" 2>/dev/null)

  if [[ -n $files ]]; then
    # Bash quotes what it takes for file names.
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${last##*=}")
    compopt -o filenames 2>/dev/null
  elif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}

complete -F _mcpkey mcpkey
