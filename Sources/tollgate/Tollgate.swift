import Configuration
import Gateway
import Glibc
import Ledger
import Transport

/// The command line. Exit codes: 0 done, 1 the work failed, 2 the command line or the configuration is wrong.
@main
struct Tollgate {
    static func main() async {
        ProcessPrivacy.seal()
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    static func run(_ arguments: [String]) async -> Int32 {
        let rest = arguments.dropFirst()
        do {
            switch arguments.first {
            case "serve": return try await ServeCommand.run(rest)
            case "check": return try CheckCommand.run(rest)
            case "keys": return try KeysCommand.run(rest)
            case "explain": return try ExplainCommand.run(rest)
            case "budgets": return try BudgetsCommand.run(rest)
            case "sessions": return try SessionsCommand.run(rest)
            case "settings": return try SettingsCommand.run(rest)
            case "session": return try SessionCommand.run(rest)
            case "report": return try ReportCommand.run(rest)
            case "doctor": return try await DoctorCommand.run(rest)
            case "healthcheck": return try await HealthcheckCommand.run(rest)
            case "version", "--version": Console.print("tollgate \(Version.current)")
            case "help", "--help", "-h": Console.print(Usage.text)
            case nil: throw UsageError(sentence: "a command is missing\n\n\(Usage.text)")
            case let other?: throw UsageError(sentence: "unknown command `\(other)`\n\n\(Usage.text)")
            }
            return 0
        } catch let error as UsageError {
            Console.complain(error.sentence)
            return 2
        } catch let error as ConfigurationErrors {
            for problem in error.problems { Console.complain("\(problem)") }
            return 2
        } catch let error as TransportError {
            Console.complain(error.sentence)
            return 1
        } catch let error as LedgerError {
            Console.complain("\(error)")
            return 1
        } catch {
            Console.complain("\(error)")
            return 1
        }
    }
}

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
        tollgate report --forecast --config FILE [--by team]   spend to the end of the month
        tollgate report what-if --config FILE [--map opus=sonnet]… [--subagents haiku] [--cache-ttl 1h] [--prices FILE]
        tollgate report reconcile --config FILE --provider P --file EXPORT [--tolerance 0.5] [--all]
        tollgate report recompute --config FILE --since T --prices FILE|current [--dry-run]
        tollgate report rebuild --config FILE      make the roll-ups anew
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
}
