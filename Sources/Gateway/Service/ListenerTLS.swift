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
        files = FileStamp(setting.files)
        authorities = FileStamp(setting.authorityFiles)
        context = try TLSContext(setting)
    }

    /// Nothing has changed: neither what the configuration says nor the files.
    func isCurrent(_ setting: TLSSetting) -> Bool { setting == self.setting && files == FileStamp(setting.files) }

    /// Other clients are let in than before.
    func asksOtherwise(than before: ListenerTLS) -> Bool {
        authorities != before.authorities
            || setting.requiresClientCertificate != before.setting.requiresClientCertificate
    }
}
