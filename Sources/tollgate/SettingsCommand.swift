/// `tollgate settings …`: what goes into Claude Code's settings file.
enum SettingsCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: [])
        try arguments.expectPositionals(1, "what to print settings for: status-line")
        guard arguments.positionals[0] == "status-line" else {
            throw UsageError(sentence: "settings does not know `\(arguments.positionals[0])`; it knows status-line")
        }
        Console.print(statusLine)
        return 0
    }

    /// Claude Code hands the command a JSON object with the session's id and shows its first line. Where the gateway cannot be asked
    /// the line is empty. Needs nothing but a shell, sed and curl.
    private static let statusLine = #"""
        {
          "statusLine": {
            "type": "command",
            "command": "s=$(tr -d '\\n' | sed -n 's/.*\"session_id\": *\"\\([0-9A-Za-z-]*\\)\".*/\\1/p'); curl -fsS -m 2 -H \"Authorization: Bearer ${ANTHROPIC_AUTH_TOKEN:-$ANTHROPIC_API_KEY}\" \"$ANTHROPIC_BASE_URL/v1/me?format=line&session=$s\" 2>/dev/null",
            "padding": 0
          }
        }
        """#
}
