import Glibc
import Testing
import Wire

@testable import Telemetry

@Suite struct LogWriterTests {
    /// A pipe that is read without waiting, its buffer as small as Linux allows.
    private final class Pipe {
        let input: Int32
        let output: Int32

        /// `F_SETPIPE_SZ` of Linux, which Glibc's module does not import.
        private let setPipeSize: Int32 = 1031

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (output, input) = (ends[0], ends[1])
            _ = fcntl(output, F_SETFL, O_NONBLOCK)
            _ = fcntl(input, setPipeSize, 4_096)
        }

        deinit {
            close(input)
            close(output)
        }

        func read() -> String {
            var bytes: [UInt8] = [], room = [UInt8](repeating: 0, count: 65_536)
            while case let count = Glibc.read(output, &room, room.count), count > 0 { bytes += room[..<count] }
            return String(decoding: bytes, as: UTF8.self)
        }

        func lines() -> [Substring] { read().split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
    }

    private func members(_ line: some StringProtocol) throws -> [String: String] {
        var result: [String: String] = [:]
        let object = try #require(try JSONValue(parsing: String(line)).object)
        for member in object.members { result[member.key] = member.value.string ?? "\(member.value.int64 ?? 0)" }
        return result
    }

    @Test("A line is one JSON object with time, level, message and the caller's members")
    func line() throws {
        let pipe = try Pipe()
        LogWriter(descriptor: pipe.input).write(.warning, "a \"quote\"\nand more") { $0.member("status", 429) }
        let lines = pipe.lines()
        try #require(lines.count == 1)
        let members = try members(lines[0])
        #expect(members["level"] == "warning" && members["message"] == "a \"quote\"\nand more")
        #expect(members["status"] == "429")
        #expect(RFC3339.parse(try #require(members["time"])) != nil)
    }

    @Test("What is below the level is not written, for all that share the place")
    func level() throws {
        let pipe = try Pipe()
        let log = LogWriter(descriptor: pipe.input), sibling = log.sibling()
        sibling.write(.debug, "no") { _ in Issue.record("its members are not asked for") }
        log.set(level: .debug)
        sibling.write(.debug, "yes") { _ in }
        #expect(pipe.lines().count == 1 && sibling.writes(.debug))
        log.set(level: .error)
        sibling.write(.warning, "no") { _ in }
        #expect(pipe.read().isEmpty)
    }

    @Test("Gathered lines come together at the flush, in order")
    func gathering() throws {
        let pipe = try Pipe()
        let log = LogWriter(descriptor: pipe.input).sibling()
        log.gather()
        for number in 0..<5 { log.write(.info, "line") { $0.member("n", Int64(number)) } }
        #expect(pipe.read().isEmpty)
        log.flush()
        #expect(try pipe.lines().map { try members($0)["n"] } == (0..<5).map { "\($0)" })
        log.flush()
        #expect(pipe.read().isEmpty)
    }

    @Test("A full piece goes out without a flush, and never with half a line")
    func pieces() throws {
        let pipe = try Pipe()
        let log = LogWriter(descriptor: pipe.input)
        log.gather()
        var seen: [Substring] = []
        for number in 0..<200 {
            log.write(.info, String(repeating: "x", count: number)) { _ in }
            seen += pipe.lines()
        }
        #expect(!seen.isEmpty)
        log.flush()
        seen += pipe.lines()
        #expect(try seen.map { try members($0)["message"]?.count } == (0..<200).map { $0 })
        #expect(log.lostLines == 0)
    }

    @Test(
        "A reader that does not read loses whole lines, and they are counted; afterwards it goes on",
        arguments: [true, false])
    func lost(gathers: Bool) throws {
        let pipe = try Pipe()
        let log = LogWriter(descriptor: pipe.input)
        if gathers { log.gather() }
        for number in 0..<300 { log.write(.info, "line \(number)") { _ in } }
        log.flush()
        let lines = pipe.lines()
        for line in lines { #expect(try members(line)["level"] == "info") }
        #expect(!lines.isEmpty && lines.count < 300)
        #expect(log.lostLines == 300 - lines.count)
        log.write(.info, "again") { _ in }
        log.flush()
        #expect(pipe.lines().count == 1)
    }

    @Test("A line that a pipe cannot take at once is said in short")
    func longLine() throws {
        let pipe = try Pipe()
        let log = LogWriter(descriptor: pipe.input)
        log.write(.error, "it failed " + String(repeating: "€", count: 2_000)) {
            $0.member("error", String(repeating: "y", count: 9_000))
        }
        let lines = pipe.lines()
        try #require(lines.count == 1)
        let members = try members(lines[0])
        #expect(members["level"] == "error" && members["message"]?.hasPrefix("it failed €") == true)
        #expect(Int(members["cut_bytes"] ?? "") ?? 0 > 15_000)
        #expect(log.lostLines == 0)
    }

    @Test("A file takes lines of any length")
    func file() throws {
        let file = try UnnamedFile()
        let log = LogWriter(descriptor: file.descriptor)
        log.gather()
        log.write(.info, "short") { _ in }
        log.write(.info, String(repeating: "x", count: 20_000)) { _ in }
        log.flush()
        let lines = file.text.split(separator: "\n")
        #expect(try lines.map { try members($0)["message"]?.count } == [5, 20_000])
        #expect(log.lostLines == 0)
    }

    @Test("A descriptor that is closed on the other side costs lines, not the process")
    func brokenPipe() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        let log = LogWriter(descriptor: ends[1])
        log.write(.info, "nobody") { _ in }
        #expect(log.lostLines == 1)
        close(ends[1])
    }

    @Test("Where a file takes only a part, the next line is one of its own, and what is lost is counted")
    func torn() throws {
        // What was a file when it was looked at takes a page from then on, and the rest of it never: as a disk that becomes full.
        let file = try UnnamedFile(), disk = try Pipe()
        let log = LogWriter(descriptor: file.descriptor)
        _ = fcntl(disk.input, F_SETFL, O_NONBLOCK)
        try #require(dup2(disk.input, file.descriptor) >= 0)
        log.write(.info, "one") { $0.member("text", String(repeating: "x", count: 5_000)) }
        log.write(.info, "two") { _ in }
        #expect(log.lostLines == 2)
        let taken = disk.read()
        #expect(taken.utf8.count == 4_096 && taken.contains("\"one\"") && !taken.contains("\n"))
        for text in ["three", "four"] { log.write(.info, text) { _ in } }
        let lines = disk.lines()
        try #require(lines.count == 3 && lines[0].isEmpty, "what was begun is ended")
        #expect(try lines.dropFirst().map { try members($0)["message"] } == ["three", "four"])
        #expect(log.lostLines == 2)
    }
}
