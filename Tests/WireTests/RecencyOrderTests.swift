import SeededRandom
import Testing

@testable import Wire

@Suite struct RecencyOrderTests {
    @Test("It is a list in the order of use, over many random steps", arguments: 0..<8 as Range<UInt64>)
    func lastUsed(seed: UInt64) {
        var generator = SeededGenerator(seed: seed), order = RecencyOrder(), model: [Int] = []
        for _ in 0..<4_000 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                let place = order.add()
                #expect(!model.contains(place))
                model.append(place)
            case 2, 3:
                guard let place = model.randomElement(using: &generator) else { continue }
                order.touch(place)
                model.removeAll { $0 == place }
                model.append(place)
            default:
                guard let place = Bool.random(using: &generator) ? order.oldest : model.last else { continue }
                order.remove(place)
                model.removeAll { $0 == place }
            }
            #expect(order.oldest == model.first && order.count == model.count)
            if Int.random(in: 0..<500, using: &generator) == 0 {
                order.removeAll()
                model = []
            }
        }
    }
}
