import Glibc

/// What a variable of this process holds.
@Sendable package func processEnvironment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
