import Configuration
import Glibc
import Ledger
import Transport
import Wire

/// `tollgate session ID`: one session as a tree.
enum SessionCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config"], switches: ["follow", "json"])
        try arguments.expectPositionals(1, "the id of a session, or how it begins; `tollgate sessions` lists them")
        let snapshot = try Snapshot.load(path: arguments.required("config"), needsSecrets: false)
        let directory = try DataDirectory(ofLedgerIn: snapshot.dataPath)
        _ = try Ledger.recoverIfUnattended(directory)
        let store = SessionStore(directory)
        let session = try find(arguments.positionals[0], store)
        let (calls, missing) = try store.newestCalls(of: session, within: longestSearch)
        let tools = try store.tools(of: calls)
        let tree = SessionTree(calls, tools)
        if arguments.has("json") {
            if arguments.has("follow") { throw UsageError(sentence: "--follow and --json exclude each other") }
            Console.print(tree.json(session, missing: missing))
            return 0
        }
        Console.print(SessionPage(session, tree, missing: missing, width: SessionText.width).text)
        if arguments.has("follow") { try follow(session, calls, tools, store) }
        return 0
    }

    /// Milliseconds.
    private static let longestSearch: Int64 = 2_000

    private static func find(_ text: String, _ store: SessionStore) throws -> SessionRow {
        let found = text.isEmpty ? [] : try store.find(prefix: text)
        if let exact = found.first(where: { $0.id == text }) { return exact }
        guard let first = found.first else {
            throw UsageError(
                sentence: "there is no session `\(SessionText.shown(text))`; `tollgate sessions --all` lists them")
        }
        guard found.count == 1 else {
            let ids = found.map { SessionText.shown($0.id) }.joined(separator: ", ")
            throw UsageError(sentence: "several sessions begin so: \(ids)")
        }
        return first
    }

    // MARK: Follow

    /// Appends what comes, as it comes into the ledger: a line for each call and for each tool that has ended.
    private static func follow(
        _ session: SessionRow, _ calls: [SessionCallRow], _ tools: [ToolRow], _ store: SessionStore
    ) throws {
        var told = Set(calls.map(\.id)), toldTools = Set(tools.map(key))
        Console.print("")
        while !Console.isBroken {
            usleep(Self.pause)
            guard let now = try store.find(prefix: session.id).first(where: { $0.id == session.id }) else { continue }
            // Requests end in another order than they begin: some that are older may come yet.
            let from = RequestID(rawValue: max(now.first.rawValue, now.last.rawValue - Self.longestRequest))
            for call in try store.calls(of: now, after: from) where told.insert(call.id).inserted {
                tell(call.endedAt, call.agentType, SessionPage.name(call), SessionPage.cells(call, isWide: true))
            }
            for tool in try store.tools(of: now, from: from) where toldTools.insert(key(tool)).inserted {
                let end = tool.startedAt + (tool.duration ?? 0)
                tell(end, "", "  " + SessionText.shown(tool.name), SessionPage.cells(tool))
            }
        }
    }

    private static func key(_ tool: ToolRow) -> String { "\(tool.requestID) \(tool.callID)" }

    private static func tell(_ time: Int64, _ agent: String, _ name: String, _ cells: [String]) {
        var line = "\(SessionText.time(time))  \(name)"
        if !agent.isEmpty { line += " (\(SessionText.shown(agent)))" }
        line = ([line] + cells.filter { !$0.isEmpty }).joined(separator: "  ")
        Console.print(SessionText.fitted(line, SessionText.width))
    }

    private static let pause: UInt32 = 500_000
    /// Half an hour, in ids: they count milliseconds above their lower 22 bits.
    private static let longestRequest: Int64 = 1_800_000 << 22
}
