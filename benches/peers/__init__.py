"""Other ways to compute the same lists, each as strong as we could make it with existing tools."""
