import Transport

/// What a request holds at the governor for one attempt. It ends exactly once: by `settle` with what was spent, or by being
/// dropped, when nothing was dispatched.
package struct Hold: ~Copyable {
    /// `nil`: no rule was about the attempt, and nothing is held.
    private var holder: (governor: Governor, admission: Admission)?

    /// The request's places at limits are kept for further attempts.
    private let keepsPlaces: Bool

    package init(_ admission: Admission, at governor: Governor, keepsPlaces: Bool = false) {
        holder = (governor, admission)
        self.keepsPlaces = keepsPlaces
    }

    private init() {
        holder = nil
        keepsPlaces = false
    }

    package static var nothing: Hold { Hold() }

    package var admission: Admission? { holder?.admission }

    /// The attempt is over. Its place in the order of settlements; 0 if nothing was held.
    package consuming func settle(_ spending: Spending) async -> Int64 {
        guard let (governor, admission) = holder else { return 0 }
        holder = nil
        return await governor.settle(admission, spending, keepsPlaces: keepsPlaces)
    }

    deinit {
        guard let (governor, admission) = holder else { return }
        let keepsPlaces = keepsPlaces
        // What is posted comes after what is awaited: a request that goes on to its next target would meet its own hold there.
        if governor.loop.isCurrent {
            return governor.assumed(with: (admission, keepsPlaces)) { _ = $0.settle($1.0, nil, keepsPlaces: $1.1) }
        }
        governor.loop.post { governor.assumeIsolated { _ = $0.settle(admission, nil, keepsPlaces: keepsPlaces) } }
    }
}

/// The places at limits that a request takes with its first attempt and keeps until its last: an outage must not cost it its turn.
/// They are given back exactly once, by `finish` or by being dropped.
package struct RequestPlaces: ~Copyable {
    private var governor: Governor?
    private var admissions: [Admission] = []
    package private(set) var held: [RuleBook.Place] = []

    package init() {}

    package mutating func add(_ admission: Admission, at governor: Governor) {
        let places = admission.rates.filter(\.isOfRequest).map(\.place)
        if places.isEmpty { return }
        self.governor = governor
        admissions.append(admission)
        held += places
    }

    /// - Parameters:
    ///   - isCounted: something was dispatched.
    ///   - duration: of the request, nanoseconds.
    package mutating func finish(isCounted: Bool, duration: Int64) {
        guard let governor else { return }
        let admissions = admissions
        self.governor = nil
        self.admissions = []
        held = []
        guard !governor.loop.isCurrent else {
            return governor.assumed(with: (admissions, isCounted, duration)) {
                $0.finish($1.0, isCounted: $1.1, duration: $1.2)
            }
        }
        governor.loop.post {
            governor.assumeIsolated { $0.finish(admissions, isCounted: isCounted, duration: duration) }
        }
    }

    deinit {
        guard let governor else { return }
        let admissions = admissions
        governor.loop.post { governor.assumeIsolated { $0.finish(admissions, isCounted: false, duration: 0) } }
    }
}
