import Configuration

/// A target as plans know it: its name, which stays when others are added or moved, and what was configured.
package struct RouteTarget: Sendable {
    /// `account/model`; of several alike the second is `account/model#2`.
    package let name: String
    package let hash: UInt64
    package let setting: TargetSetting

    /// The targets of a virtual model, in the order of the file.
    package static func all(of routing: RoutingSetting) -> [RouteTarget] {
        var seen: [String: Int] = [:]
        return routing.targets.map { target in
            let label = "\(target.account)/\(target.upstream)"
            let number = seen[label, default: 0] + 1
            seen[label] = number
            let name = number == 1 ? label : "\(label)#\(number)"
            return RouteTarget(name: name, hash: RouteHash.of(name), setting: target)
        }
    }
}
