import Glibc
import Testing

/// A file without a name, gone with this.
final class UnnamedFile {
    let descriptor: Int32

    init() throws {
        var name = Array("/tmp/tollgate-test-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        try #require(descriptor >= 0)
        unlink(name)
    }

    deinit { close(descriptor) }

    var text: String {
        var room = [UInt8](repeating: 0, count: 1 << 20)
        let count = pread(descriptor, &room, room.count, 0)
        return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
    }
}
