import Testing

@testable import Configuration

@Suite("Values come from variables and files")
struct ValueTests {
    private func fill(_ text: String) -> String {
        do throws(Substitution.Fault) {
            return try Substitution.fill(text, environment: sources.environment, file: sources.file)
        } catch {
            return "fault: \(error.sentence)"
        }
    }

    @Test(
        "What stands behind a dollar sign",
        arguments: [
            ("plain", "plain"), ("${TOKEN}", "canary-token-1"), ("a${PORT}b${PORT}", "a4100b4100"),
            ("${NONE:-x}", "x"), ("${NONE:-}", ""), ("${EMPTY:-x}", "x"), ("${EMPTY}", ""), ("${PORT:-x}", "4100"),
            ("${NONE:-a:-b}", "a:-b"), ("${file:/abs/key}", "canary-key-3"), ("$$", "$"), ("$${PORT}", "${PORT}"),
            ("a$b", "a$b"), ("end$", "end$"), ("$$$$", "$$"), ("$${", "${"), ("", ""),
        ])
    func filled(text: String, expected: String) {
        #expect(fill(text) == expected)
    }

    @Test("What is filled in is not filled in again")
    func once() throws {
        let nested = try Substitution.fill("${A}", environment: { _ in "${B}" }, file: sources.file)
        #expect(nested == "${B}")
    }

    @Test("What cannot be filled in says how it can")
    func faults() {
        #expect(fill("${NONE}") == "fault: the environment variable NONE is not set; set it, or write ${NONE:-default}")
        #expect(fill("${file:/no/such}") == "fault: the file /no/such cannot be read: No such file or directory")
        #expect(fill("${PORT").contains("is not closed"))
        for text in ["${}", "${1A}", "${sk-ant-canary}", "${ A}", "${a b}", "${:-x}"] {
            #expect(fill(text).hasPrefix("fault: ") && !fill(text).contains("canary"), "\(text)")
        }
    }

    @Test("Files are relative to the configuration")
    func relative() throws {
        let read = try snapshot(complete + "credentials: {keys: [{key: \"${file:key}\"}, {key: \"${file:/abs/key}\"}]}")
        #expect(read.keys.count == 2)
        #expect(read.files == ["/etc/tg/key", "/abs/key"])
    }

    @Test(
        "Durations",
        arguments: [
            ("1ms", 1_000_000), ("15s", 15_000_000_000), ("5m", 300_000_000_000), ("1h", 3_600_000_000_000),
            ("30d", 2_592_000_000_000_000), ("1h30m", 5_400_000_000_000), ("0s", 0),
            ("106751d", 9_223_286_400_000_000_000),
        ] as [(String, Int64)])
    func durations(text: String, expected: Int64) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(
        "What is no duration",
        arguments: [
            "", "5", "s", "-1s", "+1s", "1.5h", "1 s", "1S", "1w", "106752d", "9223372036854775808ms", "1h30", "١s",
        ])
    func noDuration(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "Sizes",
        arguments: [
            ("0", 0), ("1024", 1_024), ("4KiB", 4_096), ("4 KiB", 4_096), ("2MiB", 2 << 20), ("1GiB", 1 << 30),
            ("3kB", 3_000), ("3KB", 3_000), ("3MB", 3_000_000), ("3GB", 3_000_000_000), ("7B", 7),
        ])
    func sizes(text: String, expected: Int) {
        #expect(SizeText.parse(text) == expected)
    }

    @Test(
        "What is no size",
        arguments: ["", "KiB", "-1", "1.5MiB", "1TiB", "1  KiB", "1kib", "9223372036854775807KiB", "٣"])
    func noSize(text: String) {
        #expect(SizeText.parse(text) == nil)
    }
}
