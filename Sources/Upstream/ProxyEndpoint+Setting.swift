import Configuration
import Transport

extension ProxyEndpoint {
    /// The proxy that the setting names.
    package init(_ setting: ProxySetting) {
        guard let credential = setting.credential else {
            self.init(host: setting.host, port: setting.port)
            return
        }
        self = credential.withBytes { ProxyEndpoint(host: setting.host, port: setting.port, credential: $0) }
    }
}
