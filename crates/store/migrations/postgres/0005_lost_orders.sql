-- What the node gave back although the order was, or might have been, fulfilled. Operators look at it.
CREATE INDEX orders_lost ON orders (updated_at) WHERE state = 'lost';
