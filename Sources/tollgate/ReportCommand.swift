import Configuration
import Ledger
import Transport

/// `tollgate report`: reads the ledger, beside a running gateway or without one.
///
/// A report of its own kind is a line in `kinds` or, if it is a form of another, in `formats`; the rest of the command line is its own.
enum ReportCommand {
    /// By the word behind `report`, or by the switch that asks for it: `report reconcile`, `report --cache`.
    private static let kinds: [(name: String, run: @Sendable (ArraySlice<String>) throws -> Int32)] = [
        ("rebuild", RebuildCommand.run), ("recompute", RecomputeCommand.run), ("prune", PruneCommand.run),
        ("what-if", WhatIfCommand.run),
        ("reconcile", ReconcileCommand.run),
        ("--forecast", ForecastCommand.run),
        ("--activity", ActivityReportCommand.run),
        ("--cache", CacheReportCommand.run),
    ]

    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        for kind in kinds {
            guard let place = arguments.firstIndex(of: kind.name) else { continue }
            // A word stands first; behind an option it is that option's value.
            guard kind.name.hasPrefix("--") || place == arguments.startIndex else { continue }
            return try kind.run(arguments[..<place] + arguments[arguments.index(after: place)...])
        }
        return try SpendReportCommand.run(arguments)
    }
}
