"""The moves of blocks' means against pictures whose moves are known."""

import unittest

import numpy as np

from models.evaluation.colour_shift import block_moves, row


class BlockMovesTest(unittest.TestCase):
    def setUp(self):
        self.original = np.random.default_rng(0).integers(40, 200, (37, 50, 3), np.uint8)

    def test_a_colour_cast_moves_every_block_by_itself(self):
        moves = block_moves(self.original, self.original + np.array([3, 0, 250], np.uint8))  # 250: 6 below, in 8 bits
        self.assertEqual(moves.shape, (2, 3, 3))
        np.testing.assert_allclose(moves, np.broadcast_to([3, 0, -6], moves.shape))

    def test_noise_without_a_mean_moves_nothing(self):
        noise = np.where(np.indices((37, 50)).sum(0) % 2, 5, -5)[..., None]
        np.testing.assert_allclose(block_moves(self.original, (self.original + noise).astype(np.uint8)), 0, atol=1e-9)

    def test_only_the_block_that_changed_moves(self):
        decoded = self.original.copy()
        decoded[16:32, 32:48] += 8
        decoded[32:] = 0  # beyond the whole blocks
        moves = block_moves(self.original, decoded)
        self.assertEqual(np.argwhere(moves.any(2)).tolist(), [[1, 2]])
        np.testing.assert_allclose(moves[1, 2], 8)

    def test_refuses_pictures_that_do_not_fit(self):
        with self.assertRaisesRegex(ValueError, "37, 50.*36, 50"):
            block_moves(self.original, self.original[:36])
        with self.assertRaisesRegex(ValueError, "16 pixels"):
            block_moves(self.original[:15], self.original[:15])

    def test_row_tells_direction_and_size_apart(self):
        moves = np.array([[4.0, 1.0, -1.0], [-4.0, 1.0, -3.0]])
        self.assertEqual(row(50.0, moves), "| 50 | +0.00 | +1.00 | -2.00 | 4.00 | 1.00 | 2.00 | 4.0 |")


if __name__ == "__main__":
    unittest.main()
