/// A loop-confined value on its way through another thread, which must not look at it.
///
/// `@unchecked Sendable`: the value can only be taken out on the loop's own thread, which `value` checks.
package struct LoopBound<Value>: @unchecked Sendable {
    private let loop: EventLoop
    private let held: Value

    package init(_ value: Value, loop: EventLoop) {
        self.loop = loop
        held = value
    }

    package var value: Value {
        precondition(loop.isCurrent, "a loop's value was touched from another thread")
        return held
    }
}
