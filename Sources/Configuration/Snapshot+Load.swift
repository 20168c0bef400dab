import Glibc

extension Snapshot {
    /// Reads and checks a configuration file. Throws everything that is wrong with it.
    ///
    /// - Parameter needsSecrets: false for who sends nothing, such as a report: where a variable or a file with a secret is not to be
    ///   had, something else stands in its place.
    package static func load(path: String, needsSecrets: Bool = true) throws(ConfigurationErrors) -> Snapshot {
        var snapshot = try parse(
            content(of: path), file: path, directory: directory(of: path), sources: .process, needsSecrets: needsSecrets
        )
        snapshot.files.append(path)
        return snapshot
    }

    /// The folder of ledger and keys that a configuration file names. Nothing else in it is looked at: keys have to be revoked also
    /// while somebody is at work on the file. Throws what is wrong with the folder's setting, or with the form of the file.
    package static func dataPath(of path: String) throws(ConfigurationErrors) -> String {
        let reader = SnapshotReader(file: path, directory: directory(of: path), sources: .process)
        return try reader.readDataPath(content(of: path))
    }

    /// Where a gateway is to be asked.
    package struct Place: Sendable {
        package let listen: [ListenSetting]
        package let hasTLS: Bool
    }

    /// Where a configuration's gateway listens. Nothing else in the file is looked at: the gateway runs on while somebody is at work
    /// on it, and who asks whether it does must not hear of the file's mistakes instead.
    package static func place(of path: String) throws(ConfigurationErrors) -> Place {
        let reader = SnapshotReader(file: path, directory: directory(of: path), sources: .process)
        return try reader.readPlace(content(of: path))
    }

    private static func content(of path: String) throws(ConfigurationErrors) -> String {
        switch readFile(path) {
        case .success(let content): return content
        case .failure(let fault):
            throw ConfigurationErrors(
                problems: [ConfigurationProblem(file: path, line: 0, column: 0, sentence: "the file \(fault.sentence)")]
            )
        }
    }

    /// Checks a configuration's text; relative paths in it are relative to `directory`.
    package static func parse(
        _ text: String, file: String, directory: String, sources: ValueSources, needsSecrets: Bool = true
    ) throws(ConfigurationErrors) -> Snapshot {
        let reader = SnapshotReader(file: file, directory: directory, sources: sources, needsSecrets: needsSecrets)
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

extension ValueSources {
    /// The variables of this process, and the files that it can read.
    fileprivate static let process = ValueSources(
        environment: { name in getenv(name).map { String(cString: $0) } },
        file: { path in
            Snapshot.readFile(path).map { text in
                // Files with secrets mostly end in a line end that is not part of the secret. CR LF is one character, and a line end
                // too.
                text.last?.isNewline == true ? String(text.dropLast()) : text
            }
        })
}
