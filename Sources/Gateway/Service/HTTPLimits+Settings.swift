import Configuration
import HTTP

extension HTTPLimits {
    init(_ settings: LimitSettings) {
        self.init()
        headBytes = settings.headBytes
        bodyBytes = settings.bodyBytes
        headerTimeout = settings.headerTimeout
        bodyTimeout = settings.bodyTimeout
        idleTimeout = settings.idleTimeout
    }
}
