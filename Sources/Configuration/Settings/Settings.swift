/// An address to listen on.
package struct ListenSetting: Sendable, Equatable {
    /// An IPv4 or IPv6 literal.
    package let host: String
    /// 0: the kernel chooses.
    package let port: UInt16

    /// `127.0.0.1:4100` or `[::1]:4100`; `nil` for anything else, names included.
    package init?(_ text: String) {
        guard let (host, port) = HostPort.parse(text), let port else { return nil }
        guard host.contains(":") ? HostPort.isIPv6(host) : HostPort.isIPv4(host) else { return nil }
        self.host = host
        self.port = port
    }

    /// Reachable from this machine only.
    package var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
}

/// Certificate and key files (PEM) of the listeners.
package struct TLSSetting: Sendable, Equatable {
    package let certificate: String
    package let key: String
    /// Authorities (PEM) that client certificates must chain to; `nil`: none are asked for.
    package var clientAuthorityFile: String?
    /// A client without a certificate is turned away in the handshake.
    package var requiresClientCertificate = false

    /// All that is read for it.
    package var files: [String] { [certificate, key] + authorityFiles }
    package var authorityFiles: [String] { clientAuthorityFile.map { [$0] } ?? [] }
}

/// Time-outs towards an upstream, in nanoseconds.
package struct UpstreamTimeouts: Sendable, Equatable {
    /// Resolving, connecting and the TLS handshake together.
    package var connect: Int64 = 10_000_000_000
    /// From the request's last byte to the answer's head.
    package var firstByte: Int64 = 600_000_000_000
    /// Between two bytes, in either direction.
    package var idle: Int64 = 300_000_000_000
}

/// A key that stands in the configuration, by its value.
package struct ConfiguredKey: Sendable {
    package let key: Secret
    package let user: String
    package let team: String
    package var groups: [String] = []
    /// A service account in place of a person; empty: none.
    package var virtualAccount = ""
    package let metadata: [String: String]
    /// The key itself is not known here: something stands in for it.
    package var isStandIn = false
}

/// What is accepted, and for how long is waited. Times in nanoseconds, sizes in bytes.
package struct LimitSettings: Sendable, Equatable {
    package var headBytes = 32 * 1024
    package var bodyBytes = 32 * 1024 * 1024
    package var connections = 10_000
    package var headerTimeout: Int64 = 10_000_000_000
    package var bodyTimeout: Int64 = 60_000_000_000
    package var idleTimeout: Int64 = 300_000_000_000
    /// For the bodies of all requests at once.
    package var bodyRoom = 1024 * 1024 * 1024
    package var bodyRoomTimeout: Int64 = 10_000_000_000
    package var drainDelay: Int64 = 0
    package var drainTimeout: Int64 = 30_000_000_000
    package var pingInterval: Int64 = 15_000_000_000
}

package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case debug, info, warning, error

    package static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

package enum AccessLog: String, Sendable, CaseIterable {
    case all, errors, off
}

package struct LogSettings: Sendable, Equatable {
    package var level = LogLevel.info
    package var access = AccessLog.all
}

/// A model that clients may ask for.
package struct ModelSetting: Sendable, Equatable {
    /// May end in `*`.
    package let name: String
    /// The provider account's name.
    package let account: String
    /// May end in `*`, which stands for what the name's `*` stood for.
    package let upstream: String
    package let displayName: String?
}
