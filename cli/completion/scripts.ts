/** Shells that the program completes its command line in. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What a shell asks the program with, before the words of the line. */
export const ASKED = 'of';

/** A line of the answer that is no word: files may stand there, too. */
export const FILES_LINE = ':files';

/**
 * What a shell reads once to ask the program at every Tab. A line of the answer is a word, or a word, a tab and what it
 * is. The program that is asked is the one that stands on the line.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  // Of bash 3.2, which macOS has, too: no mapfile, and compopt may be missing.
  bash: String.raw`_trimtab() {
  local word about current="${'$'}{COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS=$'\t' read -r word about; do
    if [[ $word != ${FILES_LINE} ]]; then
      COMPREPLY+=("$word")
    else
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    fi
  done < <("${'$'}{COMP_WORDS[0]}" completion ${ASKED} -- "${'$'}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _trimtab trimtab`,
  zsh: String.raw`#compdef trimtab
_trimtab() {
  local word about files=
  local -a found
  while IFS=$'\t' read -r word about; do
    if [[ $word == ${FILES_LINE} ]]; then files=1; else found+=("${'$'}{word//:/\\:}:$about"); fi
  done < <("${'$'}{words[1]}" completion ${ASKED} -- "${'$'}{(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe trimtab found
  [[ -n $files ]] && _files
}
compdef _trimtab trimtab`,
  fish: `function __trimtab_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] completion ${ASKED} -- $words[2..-1] 2>/dev/null)
        if test "$line" = ${FILES_LINE}
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c trimtab -f -a '(__trimtab_complete)'`,
};
