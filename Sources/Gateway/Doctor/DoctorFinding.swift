/// What the doctor says of one thing that it looked at.
package struct DoctorFinding: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case ok, warn, fail
    }

    /// What was looked at: `ledger`, `provider main`.
    package let check: String
    package let state: State
    package let detail: String
    /// What to do about it; empty when there is nothing to do.
    package let cure: String

    static func ok(_ check: String, _ detail: String) -> DoctorFinding {
        DoctorFinding(check: check, state: .ok, detail: detail, cure: "")
    }

    static func warn(_ check: String, _ detail: String, cure: String) -> DoctorFinding {
        DoctorFinding(check: check, state: .warn, detail: detail, cure: cure)
    }

    static func fail(_ check: String, _ detail: String, cure: String) -> DoctorFinding {
        DoctorFinding(check: check, state: .fail, detail: detail, cure: cure)
    }
}

/// Numbers as the doctor writes them.
package enum DoctorText {
    static func bytes(_ count: Int64) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count), unit = 0
        while value >= 1024, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
    }

    /// Two significant units at most: `3 s`, `2 min`, `5 h`, `12 days`.
    package static func age(_ nanoseconds: Int64) -> String {
        let seconds = max(0, nanoseconds / 1_000_000_000)
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7200 { return "\(seconds / 60) min" }
        return seconds < 172_800 ? "\(seconds / 3600) h" : "\(seconds / 86_400) days"
    }

    static func milliseconds(_ nanoseconds: Int64) -> String {
        let tenths = (nanoseconds + 50_000) / 100_000
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : "\((tenths + 5) / 10) ms"
    }
}
