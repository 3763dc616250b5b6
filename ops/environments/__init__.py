"""Test environments: all sites of one made from the settings of another, with a time to live, and taken down whole."""
