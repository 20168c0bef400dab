import Configuration

extension RoutingSetting {
    /// The places of targets that are for other callers than this one.
    package func excluded(for principal: Principal, _ metadata: Metadata) -> Set<Int> {
        Set(targets.indices.filter { !targets[$0].when.concerns(principal, metadata) })
    }
}
