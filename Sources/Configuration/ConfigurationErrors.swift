/// One thing that is wrong with the configuration, with its place and its cure.
package struct ConfigurationProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// From 1; 0 when the problem has no place in the file.
    package let line: Int
    package let column: Int
    package let sentence: String

    package var description: String { line == 0 ? "\(file): \(sentence)" : "\(file):\(line):\(column): \(sentence)" }
}

/// Everything that is wrong with the configuration; a configuration with one problem is not used at all.
package struct ConfigurationErrors: Error, Sendable, Equatable {
    package let problems: [ConfigurationProblem]
    /// The files that were read for values, or could not be: a change of one may mend it.
    package var files: [String] = []
}
