import Governance
import Wire

/// Which budgets and limits are about the requests of lately, so that rules are not matched anew for each: Claude Code asks with the same
/// key and the same tags for the same few models all day. Of one configuration; loop-confined and bounded.
final class KnownPlaces {
    private struct Key: Hashable {
        let principal: ObjectIdentifier
        let metadata: ObjectIdentifier
        let route: ObjectIdentifier
        /// Empty unless a rule keeps accounts for sessions.
        let session: [UInt8]
    }
    /// Keeps alive what its key knows by its address.
    private struct Entry {
        let principal: Principal
        let metadata: Metadata
        let route: KnownRoutes.Route
        let places: RuleBook.Places
    }
    private let book: RuleBook
    private let needsSession: Bool
    private var entries: [Key: Entry] = [:]
    private static let capacity = 4_096

    init(_ book: RuleBook) {
        self.book = book
        needsSession = book.needsSession
    }

    /// - Parameter subject: made only if nothing is known.
    func places(
        _ principal: Principal, _ metadata: Metadata, _ route: KnownRoutes.Route, session: UnsafeRawBufferPointer,
        subject: () -> RuleSubject
    ) -> RuleBook.Places {
        let key = Key(
            principal: ObjectIdentifier(principal), metadata: ObjectIdentifier(metadata),
            route: ObjectIdentifier(route),
            session: needsSession ? Array(session) : [])
        if let known = entries[key] { return known.places }
        let places = book.places(of: subject())
        if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
        entries[key] = Entry(principal: principal, metadata: metadata, route: route, places: places)
        return places
    }
}

/// The tags of requests of lately, by credential and header: the same bytes give the same object. Loop-confined and bounded.
final class KnownTags {
    private struct Key: Hashable {
        let principal: ObjectIdentifier
        let header: [UInt8]
    }
    private var entries: [Key: (principal: Principal, metadata: Metadata)] = [:]
    private static let capacity = 1_024

    func find(_ principal: Principal, _ header: UnsafeRawBufferPointer) -> Metadata? {
        entries[Key(principal: ObjectIdentifier(principal), header: Array(header))]?.metadata
    }

    func keep(_ metadata: Metadata, _ principal: Principal, _ header: UnsafeRawBufferPointer) {
        if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
        entries[Key(principal: ObjectIdentifier(principal), header: Array(header))] = (principal, metadata)
    }
}
