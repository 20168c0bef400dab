import Glibc
import Testing

/// A folder with what is in it, gone with this.
final class TemporaryFolder {
    let path: String

    init() throws {
        var name = Array("/tmp/tollgate-test-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&name))
        path = String(cString: made)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        for name in names(path) { remove("\(path)/\(name)") }
        if rmdir(path) != 0 { unlink(path) }
    }

    private static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    var names: [String] { Self.names(path) }

    func read(_ name: String) throws -> [UInt8] {
        let descriptor = open("\(path)/\(name)", O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var room = [UInt8](repeating: 0, count: 1 << 22)
        let count = Glibc.read(descriptor, &room, room.count)
        return Array(room.prefix(max(0, count)))
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}
