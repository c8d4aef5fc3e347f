# mcpkey completion for PowerShell. Put this line into $PROFILE:
#   mcpkey completion powershell | Out-String | Invoke-Expression
# Words go to mcpkey as an array and are never evaluated; what comes back is quoted before it is put on the line.

Register-ArgumentCompleter -Native -CommandName mcpkey -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @()
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.StartOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $words += $element.Value }
        else { $words += $element.Extent.Text }
    }
    # Windows PowerShell and PowerShell before 7.3 drop an empty argument unless it is written as two quotes.
    if ($wordToComplete -eq '') {
        if ($PSVersionTable.PSVersion -lt [version]'7.3') { $words += '""' } else { $words += '' }
    }

    & mcpkey __complete '--' @words 2>$null | ForEach-Object {
        if ($_ -ne ':files') {
            $value, $text = $_ -split "`t", 2
            if (-not $text) { $text = $value }
            $quoted = $value
            if ($value -notmatch '^[\w./@:=+-]+$') { $quoted = "'" + $value.Replace("'", "''") + "'" }
            [System.Management.Automation.CompletionResult]::new($quoted, $value, 'ParameterValue', $text)
        }
    }
}
