/// What one parser is tried with: any bytes at all, which it must survive and judge the same way however they are cut.
package struct Trial: Sendable, CustomStringConvertible {
    /// The name of its corpus folder and of its line in the table.
    package let name: String
    /// Tries the bytes.
    ///
    /// Throws `Violation` where what must hold does not; a fault that the parser reports is no violation.
    package let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

    package var description: String { name }

    /// The trial of that name.
    package static func named(_ name: String) -> Trial? { all.first { $0.name == name } }
}

/// Something that must hold for every input did not for this one.
package struct Violation: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Throws where `condition` does not hold.
func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw Violation(description()) }
}

extension Trial {
    /// Every one.
    package static let all = http + connections + json + streams + answers + requests + inputs
}
