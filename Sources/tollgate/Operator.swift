import Glibc

/// Who runs a command, as it stands in the audit.
enum Operator {
    /// The account, and who became it by sudo: what `USER` says anybody may set.
    static var name: String {
        // On the one thread of a command: what getpwuid returns is its own static room.
        let account = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
        guard getuid() == 0, let sudoer = getenv("SUDO_USER").map({ String(cString: $0) }), sudoer != account else {
            return account
        }
        return "\(account) for \(sudoer)"
    }
}
