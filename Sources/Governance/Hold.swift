import Transport

/// What a request holds at the governor for one attempt. It ends exactly once: by `settle` with what was spent, or by being
/// dropped, when nothing was dispatched.
package struct Hold: ~Copyable {
    /// `nil`: no rule was about the attempt, and nothing is held.
    private var holder: (governor: Governor, admission: Admission)?

    package init(_ admission: Admission, at governor: Governor) { holder = (governor, admission) }

    private init() { holder = nil }

    package static var nothing: Hold { Hold() }

    package var admission: Admission? { holder?.admission }

    /// The attempt is over. Its place in the order of settlements; 0 if nothing was held.
    package consuming func settle(_ spending: Spending) async -> Int64 {
        guard let (governor, admission) = holder else { return 0 }
        holder = nil
        return await governor.settle(admission, spending)
    }

    deinit {
        guard let (governor, admission) = holder else { return }
        // What is posted comes after what is awaited: a request that goes on to its next target would meet its own hold there.
        if governor.loop.isCurrent { return governor.assumeIsolated { _ = $0.settle(admission, nil) } }
        governor.loop.post { governor.assumeIsolated { _ = $0.settle(admission, nil) } }
    }
}
