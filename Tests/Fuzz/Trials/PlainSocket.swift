import Glibc
import Wire

/// The other side of a connection, without anything of the gateway's: blocks its thread.
struct PlainSocket: ~Copyable {
    private let descriptor: CInt

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // The fuzzer's own timer interrupts; the connection goes on being made.
        let isInterrupted = result != 0 && errno == EINTR
        guard descriptor >= 0, result == 0 || isInterrupted else { throw Violation("no connection: \(errno)") }
        if isInterrupted { _ = try wait(for: Int16(POLLOUT)) }
        var yes: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit { close(descriptor) }

    /// Sends the pieces, ends its side and gives what the other one says until it ends its own.
    func exchange(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> [UInt8] {
        var answer: [UInt8] = [], start = 0, hasEnded = false
        var room = [UInt8](repeating: 0, count: 65_536)
        for end in pieces.ends {
            while start < end, !hasEnded {
                let events = try wait(for: Int16(POLLIN | POLLOUT))
                if events & Int16(POLLOUT) != 0 {
                    let part = bytes.slice(start..<end)
                    let count = send(
                        descriptor, part.baseAddress, part.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
                    if count > 0 { start += count } else { hasEnded = errno != EAGAIN && errno != EINTR }
                } else if try read(&room, &answer) == 0 {
                    hasEnded = true
                }
            }
        }
        shutdown(descriptor, CInt(SHUT_WR))
        repeat { _ = try wait(for: Int16(POLLIN)) } while try read(&room, &answer) > 0
        return answer
    }

    private func read(_ room: inout [UInt8], _ answer: inout [UInt8]) throws -> Int {
        let count = recv(descriptor, &room, room.count, CInt(MSG_DONTWAIT))
        if count > 0 { answer += room[..<count] }
        return max(0, count)
    }

    private func wait(for events: Int16) throws -> Int16 {
        var asked = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let found = poll(&asked, 1, 10_000)
            if found > 0 { return asked.revents }
            guard found < 0, errno == EINTR else { throw Violation("nothing for ten seconds") }
        }
    }
}
