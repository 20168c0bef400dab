import CLinux
import Glibc

/// An IPv4 or IPv6 address with its port.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Family: Sendable { case v4, v6 }
    package let family: Family
    /// Four or sixteen bytes in network order.
    package let bytes: [UInt8]
    package let port: UInt16

    /// Parses a literal address such as `127.0.0.1` or `::1`; `nil` for a name.
    package init?(literal: String, port: UInt16) {
        var v4 = in_addr(), v6 = in6_addr()
        if inet_pton(AF_INET, literal, &v4) == 1 {
            family = .v4
            bytes = withUnsafeBytes(of: &v4) { Array($0) }
        } else if inet_pton(AF_INET6, literal, &v6) == 1 {
            family = .v6
            bytes = withUnsafeBytes(of: &v6) { Array($0) }
        } else {
            return nil
        }
        self.port = port
    }

    init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            var address = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            family = .v4
            bytes = withUnsafeBytes(of: &address.sin_addr) { Array($0) }
            port = UInt16(bigEndian: address.sin_port)
        case AF_INET6:
            var address = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            family = .v6
            bytes = withUnsafeBytes(of: &address.sin6_addr) { Array($0) }
            port = UInt16(bigEndian: address.sin6_port)
        default:
            return nil
        }
    }

    package func with(port: UInt16) -> SocketAddress { SocketAddress(family: family, bytes: bytes, port: port) }

    private init(family: Family, bytes: [UInt8], port: UInt16) {
        self.family = family
        self.bytes = bytes
        self.port = port
    }

    /// This host itself: 127.0.0.0/8, ::1, or the former written as the latter.
    package var isLoopback: Bool {
        switch family {
        case .v4: bytes[0] == 127
        case .v6:
            bytes == [UInt8](repeating: 0, count: 15) + [1]
                || bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127])
        }
    }

    /// The numeric address without the port.
    package var host: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            let converted = bytes.withUnsafeBytes {
                inet_ntop(
                    family == .v4 ? AF_INET : AF_INET6, $0.baseAddress, text.baseAddress, socklen_t(text.count))
            }
            return converted.map { String(cString: $0) } ?? "?"
        }
    }

    package var description: String { family == .v4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch family {
        case .v4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
            return Self.rebound(&address, body)
        case .v6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
            return Self.rebound(&address, body)
        }
    }

    private static func rebound<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
