import Glibc
import Testing

@testable import Configuration

/// The least configuration that is complete.
let complete = """
    providers: [{name: main, kind: mock}]
    models: [{name: "claude-*", target: "main/claude-*"}]

    """

/// Variables and files that the tests' configurations may name.
let sources = ValueSources(
    environment: { name in
        ["TOKEN": "canary-token-1", "EMPTY": "", "PORT": "4100", "BROKEN": "canary\r\nx: y"][name]
    },
    file: { path in
        let spelled = ["claude-opus-5.5", "claude-opus-5-5", "gpt-5-5", "own-1"]
        let files = [
            "/etc/tg/key": "canary-key-2", "/abs/key": "canary-key-3",
            "/etc/tg/prices": "table ours\nclaude-opus-5-5 - - 1 2 3 4 5",
            "/etc/tg/spelled": spelled.map { "\($0) - - 1 2 3 4 5\n" }.joined(),
            "/etc/tg/windows": "claude-x - - 1 2 3 4 5\r\n# more\r\nclaude-y - - 1 2 3 4\r\n",
        ]
        return files[path].map(Result.success) ?? .failure(.init("cannot be read: No such file or directory"))
    })

func snapshot(_ text: String) throws -> Snapshot {
    try Snapshot.parse(text, file: "t.yaml", directory: "/etc/tg", sources: sources)
}

/// What is said of a configuration with mistakes, one line each; empty if there is none.
func problems(_ text: String) -> [String] {
    do throws(ConfigurationErrors) {
        _ = try Snapshot.parse(text, file: "t.yaml", directory: "/etc/tg", sources: sources)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// The same of a group of settings put behind a complete configuration (line 3).
func problems(with addition: String) -> [String] { problems(complete + addition) }

/// Reads a file of this repository.
enum ConfigurationFile {
    static func text(of path: String) throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
