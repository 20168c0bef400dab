import Glibc

extension Snapshot {
    /// Reads and checks a configuration file. Throws everything that is wrong with it.
    package static func load(path: String) throws(ConfigurationErrors) -> Snapshot {
        let sources = ValueSources(
            environment: { name in getenv(name).map { String(cString: $0) } },
            file: { path in
                readFile(path).map { text in
                    // Files with secrets mostly end in a line end that is not part of the secret.
                    // CR LF is one character, and a line end too.
                    text.last?.isNewline == true ? String(text.dropLast()) : text
                }
            })
        let text: String
        switch readFile(path) {
        case .success(let content): text = content
        case .failure(let fault):
            throw ConfigurationErrors(
                problems: [ConfigurationProblem(file: path, line: 0, column: 0, sentence: "the file \(fault.sentence)")]
            )
        }
        var snapshot = try parse(text, file: path, directory: directory(of: path), sources: sources)
        snapshot.files.append(path)
        return snapshot
    }

    /// Checks a configuration's text; relative paths in it are relative to `directory`.
    package static func parse(
        _ text: String, file: String, directory: String, sources: ValueSources
    ) throws(ConfigurationErrors) -> Snapshot {
        let reader = SnapshotReader(file: file, directory: directory, sources: sources)
        return try reader.read(text)
    }

    /// The absolute folder that a file is in.
    private static func directory(of path: String) -> String {
        var folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        if folder.isEmpty { folder = path.hasPrefix("/") ? "/" : "." }
        guard let real = realpath(folder, nil) else { return folder }
        defer { free(real) }
        return String(cString: real)
    }

    /// The whole of a file, at most `mebibytes`; the fault's sentence is without the path.
    package static func readFile(_ path: String, mebibytes: Int = 4) -> Result<String, ValueSources.FileFault> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            return .failure(.init("cannot be read: \(String(cString: strerror(errno)))"))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &block, block.count)
            if count < 0 {
                return .failure(.init("cannot be read: \(String(cString: strerror(errno)))"))
            }
            if count == 0 { break }
            bytes += block[..<count]
            if bytes.count > mebibytes << 20 { return .failure(.init("is larger than \(mebibytes) MiB")) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return .failure(.init("is not UTF-8"))
        }
        return .success(text)
    }
}
