import Configuration
import Gateway

/// `tollgate check`: everything that is wrong with a configuration, or that nothing is.
enum CheckCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config"])
        try arguments.expectPositionals(0, "no further words")
        let path = try arguments.required("config")
        let snapshot = try Snapshot.load(path: path)
        let problems = Preflight.problems(snapshot)
        for problem in problems { Console.complain(problem) }
        guard problems.isEmpty else { return 2 }
        for warning in snapshot.warnings { Console.complain("warning: \(warning)") }
        Console.print(
            "\(path) is good: \(snapshot.providers.count) provider(s), \(snapshot.modelNames) model(s)")
        return 0
    }
}
