/// What the command line knows.
enum Usage {
    static let text = """
        tollgate: a gateway between Claude Code and its models

        tollgate serve --config FILE [--loops N]   run the gateway
        tollgate check --config FILE               check the configuration
        tollgate explain --config FILE --model M [--user U] [--team T] [--group G]… [--key ID] [--virtual-account V]
                        [--metadata NAME=VALUE]… [--session S] [--provider P] [--json]
                                                   what would become of a request, and why; nothing is sent
        tollgate keys issue --config FILE (--user USER | --virtual-account NAME) [--team TEAM] [--group GROUP]…
                        [--metadata NAME=VALUE]… [--expires 30d]
        tollgate keys list --config FILE
        tollgate keys rotate ID --config FILE [--grace 1h]
        tollgate keys expire ID --config FILE --expires 7d
        tollgate keys revoke ID --config FILE      (each with --json; issue and rotate also --quiet: the key alone)
        tollgate budgets --config FILE             the accounts: settled, reserved, limit, when they begin anew
        tollgate budgets raise BUDGET --config FILE --by 25 --for 1d [--scope user=alice] [--reason TEXT]
        tollgate budgets revoke RAISE --config FILE
        tollgate budgets verify --config FILE [--since 7d]   take every decision again from the ledger
                        (list and verify also with --json)
        tollgate report --config FILE [--by team,user,model,day,…] [--since 7d] [--until …]
                        [--where team=platform]… [--format table|csv|json|html|focus] [--all-rows]
                                                   (a request counts where it was served; focus: each attempt)
        tollgate report --forecast --config FILE [--by team]   spend to the end of the month
        tollgate report what-if --config FILE [--map opus=sonnet]… [--subagents haiku] [--cache-ttl 1h] [--prices FILE]
        tollgate report reconcile --config FILE --provider P --file EXPORT [--tolerance 0.5] [--all]
        tollgate report recompute --config FILE --since T --prices FILE|current [--dry-run]
        tollgate report rebuild --config FILE      make the roll-ups anew
        tollgate report prune --config FILE --keep-months 13 [--dry-run]
                                                   take rows of old requests out; sums by day stay
        tollgate report --activity --config FILE [--by user,team,project,day,…] [--since 7d] [--format table|csv|json]
                                                   sessions, edits, commits, and what each cost
        tollgate report --cache --config FILE [--by cause,user,model,…] [--since 7d] [--format table|csv|json]
                                                   what breaks of providers' caches cost, and why they broke
        tollgate sessions --config FILE [--since 1h | --all] [--json]
                                                   who runs what: context, cost so far and per minute
        tollgate session ID --config FILE [--follow] [--json]
                                                   one session as a tree: prompts, model calls, tools, subagents
        tollgate settings status-line              for Claude Code: cost of the session, of today, what is left, the next turn
        tollgate doctor --config FILE [--json]     what is off, and what to do about it
        tollgate healthcheck --config FILE         exit code 0 if the gateway is ready
        tollgate version
        """

    /// What is said of one command; `nil`: there is none of that name.
    static func of(_ command: String) -> String? {
        var lines: [Substring] = [], isOfIt = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2) {
            // What a command's line does not hold goes on below it, farther in.
            if line.hasPrefix("tollgate ") { isOfIt = line.split(separator: " ").dropFirst().first == command[...] }
            if isOfIt { lines.append(line) }
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
