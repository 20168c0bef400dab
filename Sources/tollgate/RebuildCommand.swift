import Ledger

/// `tollgate report rebuild`: the roll-ups made anew from the rows.
enum RebuildCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config"])
        try arguments.expectPositionals(0, "no further words")
        let source = try ReportSource(arguments)
        let result = try RollupRebuild.run(in: source.directory)
        Console.print("\(result.days) days made anew, \(result.groups) groups")
        return 0
    }
}
