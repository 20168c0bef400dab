import Configuration
import Gateway
import Glibc
import Ledger
import Transport

/// The command line. Exit statuses: 0 done, 1 it was not done, or what was asked is not so, 2 the command line or the configuration is
/// wrong; all of them in `docs/operations.md`.
@main
struct Tollgate {
    static func main() async {
        Console.holdPlaces()
        ProcessPrivacy.seal()
        // Whoever reads no more is told apart from a disk that is full by what a write says.
        signal(SIGPIPE, SIG_IGN)
        exit(Console.finish(await run(Array(CommandLine.arguments.dropFirst()))))
    }

    static func run(_ arguments: [String]) async -> Int32 {
        let rest = arguments.dropFirst()
        do {
            if let command = arguments.first, rest.contains(where: { $0 == "--help" || $0 == "-h" }),
                let usage = Usage.of(command)
            {
                Console.print(usage)
                return 0
            }
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
        } catch LedgerError.invalidQuery(let sentence) {
            Console.complain(sentence)
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
