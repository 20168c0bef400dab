import Configuration
import Testing
import Wire

@testable import Gateway

@Suite("What is told of a reload")
struct ReloadReportTests {
    private static func snapshot(_ models: [String]) throws -> Snapshot {
        let list = models.map { "{name: \($0), target: m/\($0)}" }.joined(separator: ", ")
        let text = "listen: 127.0.0.1:0\ndata: /tmp\nproviders: [{name: m, kind: mock}]\nmodels: [\(list)]"
        let sources = ValueSources(environment: { _ in nil }, file: { _ in .failure(.init("is not there")) })
        return try Snapshot.parse(text, file: "tollgate.yaml", directory: "/", sources: sources)
    }

    private static func details(_ report: ReloadReport) throws -> JSONObject {
        try #require(try JSONValue(parsing: report.details).object)
    }

    @Test("New lines and those that are gone are told, what stays is not")
    func changed() throws {
        let report = ReloadReport(
            reason: "signal", from: try Self.snapshot(["a", "b"]), to: try Self.snapshot(["b", "c"]))
        #expect(report.added == ["model c: m/c"])
        #expect(report.removed == ["model a: m/a"])
        #expect(report.action == "reload" && report.notice(at: 0).isEmpty)
        let details = try Self.details(report)
        #expect(details["reason"] == .string("signal") && details["problems"] == nil)
    }

    @Test("Of many lines a hundred are told, and how many there are besides")
    func bounded() throws {
        let many = (0..<130).map { "model-\($0)" }
        let report = ReloadReport(reason: "signal", from: try Self.snapshot(["a"]), to: try Self.snapshot(["a"] + many))
        let details = try Self.details(report)
        let added = try #require(details["added"]?.array)
        #expect(added.count == 100 && details["added_besides"] == .integer(30))
        #expect(details["removed"] == .array([]) && details["removed_besides"] == nil)
    }

    @Test("A failure is told with its first problem and their number, on one line")
    func failed() throws {
        let errors = try #require(throws: ConfigurationErrors.self) { _ = try Self.snapshot(["a", "a", "b", "b"]) }
        let report = ReloadReport(reason: "signal", failure: errors)
        #expect(report.action == "reload_failed" && errors.problems.count > 1)
        let first = try #require(errors.problems.first)
        let moment = "the file was changed and refused at 1970-01-01T00:00:00Z"
        #expect(report.notice(at: 0) == "configuration: \(moment): \(first) (\(errors.problems.count) in all)\n")
        #expect(try Self.details(report)["added"] == nil)
    }
}
