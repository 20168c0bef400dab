import Gateway
import Wire

/// `tollgate doctor`: what a person runs when something is off. Exit code 1 when something fails.
enum DoctorCommand {
    static func run(_ arguments: ArraySlice<String>) async throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config"], switches: ["json"])
        try arguments.expectPositionals(0, "no further words")
        let findings = try await Doctor.examine(configuration: arguments.required("config"))
        Console.print(arguments.has("json") ? json(findings) : text(findings))
        return findings.contains { $0.state == .fail } ? 1 : 0
    }

    /// A line for each finding; the cure stands behind an arrow.
    private static func text(_ findings: [DoctorFinding]) -> String {
        let rows = findings.map { finding in
            let detail = finding.detail.split(whereSeparator: \.isNewline).joined(separator: " ")
            return [
                finding.state.rawValue, finding.check, finding.cure.isEmpty ? detail : "\(detail) -> \(finding.cure)",
            ]
        }
        return TextTable.render(rows)
    }

    private static func json(_ findings: [DoctorFinding]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for finding in findings {
            writer.beginObject()
            writer.member("check", finding.check)
            writer.member("state", finding.state.rawValue)
            writer.member("detail", finding.detail)
            writer.member("cure", finding.cure)
            writer.endObject()
        }
        writer.endArray()
        return writer.text
    }
}
