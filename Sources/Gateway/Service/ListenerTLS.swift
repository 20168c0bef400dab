import Configuration
import Transport

/// The TLS of the listeners as it was loaded, to tell what has changed since.
struct ListenerTLS {
    let context: TLSContext
    private let setting: TLSSetting
    private let files: FileStamp
    private let authorities: FileStamp

    init(_ setting: TLSSetting) throws(TransportError) {
        self.setting = setting
        // Before they are read: what changes meanwhile is a change.
        files = Self.files(setting)
        authorities = Self.authorities(setting)
        context = try TLSContext(setting)
    }

    private static func files(_ setting: TLSSetting) -> FileStamp {
        FileStamp([setting.certificate, setting.key] + (setting.clientAuthorityFile.map { [$0] } ?? []))
    }

    private static func authorities(_ setting: TLSSetting) -> FileStamp {
        FileStamp(setting.clientAuthorityFile.map { [$0] } ?? [])
    }

    /// Nothing has changed: neither what the configuration says nor the files.
    func isCurrent(_ setting: TLSSetting) -> Bool { setting == self.setting && files == Self.files(setting) }

    /// Other clients are let in than before.
    func asksOtherwise(than before: ListenerTLS) -> Bool {
        authorities != before.authorities
            || setting.requiresClientCertificate != before.setting.requiresClientCertificate
    }
}
