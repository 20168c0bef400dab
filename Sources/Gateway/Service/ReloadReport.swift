import Configuration
import Transport
import Wire

/// What a reload changed, or why it changed nothing.
struct ReloadReport {
    /// Why the file was read: `signal`, `the file changed`.
    let reason: String
    /// Lines of `Snapshot.summary` and of keys in the file: those that are new, and those that are gone.
    private(set) var added: [String] = []
    private(set) var removed: [String] = []
    /// What is wrong with the file; empty: it is in force.
    private(set) var problems: [String] = []

    /// The most lines of each kind that are told.
    private static let maximumLines = 100

    init(reason: String, from old: Snapshot, to new: Snapshot) {
        self.reason = reason
        let before = old.summary + old.keys.map(\.summary), after = new.summary + new.keys.map(\.summary)
        let (known, kept) = (Set(before), Set(after))
        added = after.filter { !known.contains($0) }
        removed = before.filter { !kept.contains($0) }
    }

    init(reason: String, failure: any Error) {
        self.reason = reason
        switch failure {
        case let errors as ConfigurationErrors: problems = errors.problems.map { "\($0)" }
        case let error as TransportError: problems = [error.sentence]
        default: problems = ["\(failure)"]
        }
    }

    var hasFailed: Bool { !problems.isEmpty }

    /// The audit's word for it.
    var action: String { hasFailed ? "reload_failed" : "reload" }

    /// A JSON object: the reason, and the lines; of more than a hundred how many there are besides.
    var details: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("reason", reason)
        func write(_ name: String, _ lines: [String]) {
            writer.key(string: name)
            writer.beginArray()
            for line in lines.prefix(Self.maximumLines) { writer.value(string: line) }
            writer.endArray()
            guard lines.count > Self.maximumLines else { return }
            writer.key(string: "\(name)_besides")
            writer.value(Int64(lines.count - Self.maximumLines))
        }
        if hasFailed {
            write("problems", problems)
        } else {
            write("added", added)
            write("removed", removed)
        }
        writer.endObject()
        return writer.text
    }

    /// A line for `/readyz` while the file on the disk is not the one in force; empty while it is.
    func notice(at moment: Int64) -> String {
        guard let first = problems.first else { return "" }
        let line = first.split(whereSeparator: \.isNewline).joined(separator: " ")
        return "configuration: the file was changed and refused at \(RFC3339.text(moment, fraction: .none)): "
            + "\(line) (\(problems.count) in all)\n"
    }
}
