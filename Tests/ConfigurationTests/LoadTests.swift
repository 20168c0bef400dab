import Glibc
import Testing

@testable import Configuration

@Suite("Files on disk")
struct LoadTests {
    /// Calls with a fresh folder, which is removed afterwards.
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/tollgate-configuration-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer {
            for name in ["t.yaml", "key", "bad"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        try body(folder)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    private func problems(of path: String) -> [ConfigurationProblem] {
        do throws(ConfigurationErrors) {
            _ = try Snapshot.load(path: path)
            return []
        } catch {
            return error.problems
        }
    }

    @Test("A file's last line end is not part of a secret, however it is written", arguments: ["", "\n", "\r\n"])
    func secrets(end: String) throws {
        try withFolder { folder in
            try write(Array("second-secret\(end)".utf8), "\(folder)/key")
            try write(Array((complete + "credentials: {keys: [{key: \"${file:key}\"}]}").utf8), "\(folder)/t.yaml")
            let read = try Snapshot.load(path: "\(folder)/t.yaml")
            #expect(read.keys.first?.key.isSame(as: Secret("second-secret")) == true)
            #expect(read.files.contains("\(folder)/key") && read.files.contains("\(folder)/t.yaml"))
            #expect(read.dataPath == "\(folder)/tollgate-data")
        }
    }

    @Test("A file that cannot be read says why")
    func unreadable() throws {
        let missing = problems(of: "/no/such/file.yaml")
        #expect(
            missing.map(\.description) == ["/no/such/file.yaml: the file cannot be read: No such file or directory"])
        #expect(problems(of: "/tmp").first?.sentence.contains("cannot be read") == true)
        try withFolder { folder in
            try write([0x61, 0xFF, 0xFE], "\(folder)/bad")
            #expect(problems(of: "\(folder)/bad").first?.sentence == "the file is not UTF-8")
        }
    }
}
