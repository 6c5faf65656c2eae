from fieldapp.xform.node import Node


def test_children_are_counted_among_siblings_of_their_name() -> None:
    root = Node("data")
    first, other, second = (root.append(Node(name)) for name in ("a", "b", "a"))

    assert [first.position, other.position, second.position] == [1, 1, 2]
    assert root.by_name["a"] == [first, second]
    assert second.parent is root


def test_leaves_share_nothing_that_can_change() -> None:
    one, two = Node("one"), Node("two")

    one.append(Node("child"))

    assert two.children == []
    assert two.by_name == {}


def test_node_knows_its_path() -> None:
    leaf = Node("data").append(Node("group")).append(Node("leaf", "text"))

    assert leaf.path == ("data", "group", "leaf")
    assert repr(leaf) == "<Node /data/group/leaf[1]>"
    assert leaf.value == "text"


def test_frozen_tree_may_be_indexed_everywhere_but_at_its_leaves() -> None:
    root = Node("root")
    row = root.append(Node("item"))
    cell = row.append(Node("name"))

    assert root.freeze() is root
    assert root.indexes == row.indexes == {}
    assert cell.indexes is None
