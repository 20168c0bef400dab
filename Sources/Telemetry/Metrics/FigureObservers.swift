import Synchronization

/// Who is asked for figures each time they are gathered: for what is known as a total already, or only at the moment.
package final class FigureObservers: Sendable {
    package typealias Observer = @Sendable (inout MetricShard) -> Void

    private let observers = Mutex<[Observer]>([])

    /// From any thread.
    func append(_ observer: @escaping Observer) { observers.withLock { $0.append(observer) } }

    func observe(_ figures: inout MetricShard) {
        for observer in observers.withLock({ $0 }) { observer(&figures) }
    }
}
