# mcpkey completion for fish. Put it where fish looks:
#   mcpkey completion fish > ~/.config/fish/completions/mcpkey.fish
# Words go to mcpkey as a list and are never evaluated; fish quotes what is put on the line.

function __mcpkey_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    for line in (command mcpkey __complete -- $words "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$current")
        else
            echo -- "$line"
        end
    end
end

complete -c mcpkey -f -a '(__mcpkey_complete)'
